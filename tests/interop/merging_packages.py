"""Runs in the environment of mergekit and peft, and does there what it is asked for."""

import functools

import torch
from elsewhere import serve

# torch's own sort leaves open which of equal elements comes first, and that depends on the processor.
torch.argsort = functools.partial(torch.argsort, stable=True)


def merge(config: dict, folder: str) -> None:
    """What mergekit-yaml does."""
    from mergekit.config import MergeConfiguration
    from mergekit.merge import run_merge
    from mergekit.options import MergeOptions

    options = MergeOptions(copy_tokenizer=False, write_model_card=False, quiet=True, num_threads=1)
    run_merge(MergeConfiguration.model_validate(config), folder, options=options)


if __name__ == "__main__":
    serve(globals())
