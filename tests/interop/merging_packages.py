"""Runs in the environment of mergekit and peft, and does there what it is asked for."""

import functools

import torch
from elsewhere import serve
from safetensors.torch import load_file, save_file

# Its threads wait busily for each other, which takes long on a machine that has other things to do.
torch.set_num_threads(1)
# torch's own sort leaves open which of equal elements comes first, and that depends on the processor.
torch.argsort = functools.partial(torch.argsort, stable=True)


def merge(config: dict, folder: str) -> None:
    """What mergekit-yaml does."""
    from mergekit.config import MergeConfiguration
    from mergekit.merge import run_merge
    from mergekit.options import MergeOptions

    options = MergeOptions(copy_tokenizer=False, write_model_card=False, quiet=True)
    run_merge(MergeConfiguration.model_validate(config), folder, options=options)


class Layer(torch.nn.Module):
    def __init__(self, width: int) -> None:
        from transformers.pytorch_utils import Conv1D

        super().__init__()
        self.q_proj = torch.nn.Linear(width, width)
        self.v_proj = torch.nn.Linear(width, width // 2, bias=False)
        self.c_fc = Conv1D(3 * width, width)  # GPT-2's: its weight is transposed
        self.norm = torch.nn.LayerNorm(width)


class Model(torch.nn.Module):
    def __init__(self, vocabulary: int = 61, width: int = 24, layers: int = 11) -> None:
        super().__init__()
        self.embed_tokens = torch.nn.Embedding(vocabulary, width)
        self.layers = torch.nn.ModuleList(Layer(width) for _ in range(layers))
        self.head = torch.nn.Linear(width, vocabulary, bias=False)


def train(folder: str, dtype: str, adapters: list[dict]) -> None:
    """Writes base.safetensors, and for each adapter the folder adapter0, ..., with weights as if it had been trained."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(61)
    base = Model().to(getattr(torch, dtype)).state_dict()
    save_file(base, f"{folder}/base.safetensors")
    for number, options in enumerate(adapters):
        model = Model().to(getattr(torch, dtype))
        model.load_state_dict(base)
        name = f"adapter{number}"
        model = get_peft_model(model, LoraConfig(**options), adapter_name=name)
        with torch.no_grad():
            for parameter in filter(lambda parameter: parameter.requires_grad, model.parameters()):
                parameter.add_(torch.randn_like(parameter) * 0.2)
        model.save_pretrained(folder)


def adapted(folder: str, dtype: str, weights: list[float], safe: bool) -> str:
    """Merges the folder's adapters, times their weights, into its base. The name of the file."""
    from peft import PeftModel
    from peft.tuners.lora import LoraLayer

    model = Model().to(getattr(torch, dtype))
    model.load_state_dict(load_file(f"{folder}/base.safetensors"))
    names = [f"adapter{number}" for number in range(len(weights))]
    model = PeftModel.from_pretrained(model, f"{folder}/{names[0]}", adapter_name=names[0])
    for name in names[1:]:
        model.load_adapter(f"{folder}/{name}", adapter_name=name)
    for module in filter(lambda module: isinstance(module, LoraLayer), model.modules()):
        for name, weight in zip(names, weights, strict=True):
            if name in module.scaling:
                module.scaling[name] *= weight
    merged = model.merge_and_unload(safe_merge=safe, adapter_names=names)
    save_file(merged.state_dict(), f"{folder}/merged.safetensors")
    return f"{folder}/merged.safetensors"


if __name__ == "__main__":
    serve(globals())
