#include "formats/torch/globals.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
#include "encoding/pickle/dangerous.hpp"
#include "encoding/pickle/python_names.hpp"

namespace aerotool::torch {
namespace {

using pickle::Global;

struct Known {
  std::string_view module;
  std::string_view name;
  Meaning meaning = Meaning::value;
};

constexpr std::array kKnown{
    // Those that are looked for most often come first.
    Known{"torch._utils", "_rebuild_tensor", Meaning::tensor},
    Known{"torch._utils", "_rebuild_tensor_v2", Meaning::tensor_v2},
    Known{"torch._utils", "_rebuild_tensor_v3", Meaning::tensor_v3},
    Known{"torch._utils", "_rebuild_parameter", Meaning::parameter},
    Known{"torch._utils", "_rebuild_parameter_with_state", Meaning::parameter},
    Known{"collections", "OrderedDict", Meaning::mapping},
    Known{"collections", "Counter", Meaning::mapping},
    Known{"builtins", "dict", Meaning::mapping},
    Known{"collections", "defaultdict", Meaning::default_mapping},
    Known{"builtins", "list", Meaning::sequence},
    Known{"builtins", "tuple", Meaning::sequence},
    Known{"builtins", "set", Meaning::sequence},
    Known{"builtins", "frozenset", Meaning::sequence},
    Known{"collections", "deque", Meaning::sequence},
    Known{"torch", "Size", Meaning::sequence},
    Known{"_codecs", "encode", Meaning::bytes},
    Known{"builtins", "bytes", Meaning::bytes},
    Known{"builtins", "bytearray", Meaning::bytes},
    Known{"builtins", "complex", Meaning::complex},
    Known{"torch", "device", Meaning::device},
    Known{"torch.serialization", "_get_layout", Meaning::layout},
    Known{"builtins", "getattr", Meaning::attribute},
    Known{"copyreg", "_reconstructor", Meaning::instance},
    Known{"copyreg", "__newobj__", Meaning::instance},

    Known{"torch._tensor", "_rebuild_from_type", Meaning::from_type},
    Known{"torch._tensor", "_rebuild_from_type_v2", Meaning::from_type},
    Known{"torch.tensor", "_rebuild_from_type", Meaning::from_type},
    Known{"torch._utils", "_rebuild_sparse_tensor", Meaning::sparse},
    Known{"torch._utils", "_rebuild_sparse_csr_tensor", Meaning::unread_tensor},
    Known{"torch._utils", "_rebuild_qtensor", Meaning::quantized},
    Known{"torch._utils", "_rebuild_nested_tensor", Meaning::nested},
    Known{"torch._utils", "_rebuild_meta_tensor_no_storage", Meaning::meta},
    Known{"torch._utils", "_rebuild_wrapper_subclass", Meaning::unread_tensor},
    Known{"torch._utils", "_rebuild_device_tensor_from_numpy", Meaning::unread_tensor},
    Known{"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", Meaning::unread_tensor},
    // What TorchScript calls lists and typed values.
    Known{"torch.jit._pickle", "build_intlist", Meaning::itself},
    Known{"torch.jit._pickle", "build_tensorlist", Meaning::itself},
    Known{"torch.jit._pickle", "build_doublelist", Meaning::itself},
    Known{"torch.jit._pickle", "build_boollist", Meaning::itself},
    Known{"torch.jit._pickle", "build_complexlist", Meaning::itself},
    Known{"torch.jit._pickle", "restore_type_tag", Meaning::itself},

    Known{"numpy.core.multiarray", "_reconstruct", Meaning::numpy_array},
    Known{"numpy._core.multiarray", "_reconstruct", Meaning::numpy_array},
    Known{"numpy.core.multiarray", "scalar", Meaning::numpy_scalar},
    Known{"numpy._core.multiarray", "scalar", Meaning::numpy_scalar},
    Known{"numpy", "dtype", Meaning::numpy_dtype},
    Known{"numpy", "ndarray"},

    Known{"torch", "Tensor"},
    Known{"torch.nn.parameter", "Parameter"},
    Known{"torch.nn.parameter", "Buffer"},
    Known{"torch.nn", "Parameter"},
    Known{"torch", "strided"},
    Known{"torch", "contiguous_format"},
    Known{"torch", "preserve_format"},
    Known{"torch", "channels_last"},
    Known{"torch", "channels_last_3d"},
    Known{"torch", "per_tensor_affine"},
    Known{"torch", "per_channel_affine"},
    Known{"torch", "per_tensor_symmetric"},
    Known{"torch", "per_channel_symmetric"},
    Known{"torch", "per_channel_affine_float_qparams"},
    // DTensor and what it is described by.
    Known{"torch.distributed.tensor", "DTensor"},
    Known{"torch.distributed.tensor._api", "DTensor"},
    Known{"torch.distributed._tensor.api", "DTensor"},
    Known{"torch.distributed.tensor._dtensor_spec", "DTensorSpec"},
    Known{"torch.distributed.tensor._dtensor_spec", "TensorMeta"},
    Known{"torch.distributed.tensor._dtensor_spec", "ShardOrderEntry"},
    Known{"torch.distributed.tensor.placement_types", "Shard"},
    Known{"torch.distributed.tensor.placement_types", "Replicate"},
    Known{"torch.distributed.tensor.placement_types", "Partial"},
    Known{"torch.distributed._tensor.placement_types", "DTensorSpec"},
    Known{"torch.distributed._tensor.placement_types", "TensorMeta"},
    Known{"torch.distributed._tensor.placement_types", "Shard"},
    Known{"torch.distributed._tensor.placement_types", "Replicate"},
    Known{"torch.distributed._tensor.placement_types", "Partial"},
    Known{"torch.distributed.device_mesh", "DeviceMesh"},
    Known{"torch.distributed._mesh_layout", "_MeshLayout"},
    Known{"torch.distributed._mesh_layout", "_FlatLayout"},
    Known{"builtins", "type"},
    Known{"builtins", "NoneType"},
    Known{"builtins", "Exception"},

    Known{"builtins", "int", Meaning::harmless},
    Known{"builtins", "float", Meaning::harmless},
    Known{"builtins", "bool", Meaning::harmless},
    Known{"builtins", "str", Meaning::harmless},
    Known{"builtins", "object", Meaning::harmless},
    Known{"builtins", "range", Meaning::harmless},
    Known{"builtins", "slice", Meaning::harmless},
    Known{"argparse", "Namespace", Meaning::harmless},
    Known{"types", "SimpleNamespace", Meaning::harmless},
    Known{"pathlib", "Path", Meaning::harmless},
    Known{"pathlib", "PosixPath", Meaning::harmless},
    Known{"pathlib", "WindowsPath", Meaning::harmless},
    Known{"pathlib", "PurePath", Meaning::harmless},
    Known{"pathlib", "PurePosixPath", Meaning::harmless},
    Known{"pathlib", "PureWindowsPath", Meaning::harmless},
    Known{"pathlib._local", "Path", Meaning::harmless},
    Known{"pathlib._local", "PosixPath", Meaning::harmless},
    Known{"pathlib._local", "WindowsPath", Meaning::harmless},
    Known{"pathlib._local", "PurePosixPath", Meaning::harmless},
    Known{"pathlib._local", "PureWindowsPath", Meaning::harmless},
    Known{"datetime", "date", Meaning::harmless},
    Known{"datetime", "time", Meaning::harmless},
    Known{"datetime", "datetime", Meaning::harmless},
    Known{"datetime", "timedelta", Meaning::harmless},
    Known{"datetime", "timezone", Meaning::harmless},
    Known{"decimal", "Decimal", Meaning::harmless},
    Known{"fractions", "Fraction", Meaning::harmless},
    Known{"uuid", "UUID", Meaning::harmless},
    Known{"deepspeed.runtime.zero.config", "ZeroStageEnum", Meaning::harmless},
    Known{"deepspeed.runtime.fp16.loss_scaler", "LossScaler", Meaning::harmless},
    Known{"deepspeed.runtime.fp16.loss_scaler", "DynamicLossScaler", Meaning::harmless},
    Known{"deepspeed.utils.tensor_fragment", "fragment_address", Meaning::harmless},
};

/// NumPy's classes of numbers: numpy.float64, numpy.int32, also as numpy.dtypes.Float64DType.
bool is_numpy_type(std::string_view module, std::string_view name) {
  constexpr std::array<std::string_view, 15> kNames = {
      "float16", "float32", "float64", "int8",  "int16",     "int32",      "int64", "uint8",
      "uint16",  "uint32",  "uint64",  "bool_", "complex64", "complex128", "bool"};
  if (module == "numpy") return std::ranges::find(kNames, name) != kNames.end();
  return module == "numpy.dtypes" && name.ends_with("DType");
}

/// torch.FloatTensor, torch.cuda.LongTensor.
bool is_tensor_class(const Global& global) {
  constexpr std::string_view kEnding = "Tensor";
  if ((global.module != "torch" && global.module != "torch.cuda") || !global.name.ends_with(kEnding))
    return false;
  return element_type_of_storage(global.name.substr(0, global.name.size() - kEnding.size()) + "Storage") !=
         nullptr;
}

/// What TorchScript calls the classes of its own, whose code is in the archive.
bool is_script_class(std::string_view module) {
  return module == "__torch__" || module.starts_with("__torch__.");
}

/// Whether a node's class or what it was called as is known not to be harmful, and known at all.
bool is_known(const Global& global) {
  return meaning_of(global) != Meaning::unknown;
}

void tell(const std::string& path, const std::vector<const Global*>& globals, std::string_view why,
          Report& report) {
  for (const Global* global : globals) {
    if (report.full()) return;
    report.doubt(Code::danger, {path, global->offset, {}},
                 std::string(global->called ? "the pickle calls " : "the pickle names ") +
                     shown(global->full_name()) + std::string(why) +
                     (global->unread ? " (in what is not read of the pickle)" : ""));
  }
}

}  // namespace

Meaning meaning_of(const Global& global) {
  const pickle::Name name = pickle::modern_name(global);
  const auto* const found = std::ranges::find_if(
      kKnown, [&](const Known& known) { return known.module == name.module && known.name == name.name; });
  if (found != kKnown.end()) return found->meaning;
  if (storage_class(global) != nullptr || dtype_global(global) != nullptr || is_tensor_class(global) ||
      is_script_class(name.module) || is_numpy_type(name.module, name.name))
    return Meaning::value;
  return Meaning::unknown;
}

Meaning meaning_of_call(const pickle::Nodes& nodes, pickle::NodeId call) {
  if (nodes.kind(call) != pickle::Kind::call) return Meaning::unknown;
  const pickle::NodeId target = nodes.target(call);
  return nodes.kind(target) == pickle::Kind::global ? meaning_of(nodes.global(target)) : Meaning::unknown;
}

bool is_plain_tensor_class(const Global& global) {
  return (global.module == "torch" && global.name == "Tensor") ||
         ((global.module == "torch.nn.parameter" || global.module == "torch.nn") &&
          (global.name == "Parameter" || global.name == "Buffer"));
}

bool is_enumeration(const Global& global) {
  return global.module == "deepspeed.runtime.zero.config" && global.name == "ZeroStageEnum";
}

const ElementType* storage_class(const Global& global) {
  const std::string_view module = global.module;
  if (module != "torch" && module != "torch.cuda" && module != "torch.storage") return nullptr;
  if (global.name == "TypedStorage") return nullptr;
  return element_type_of_storage(global.name);
}

const ElementType* dtype_global(const Global& global) {
  return global.module == "torch" ? element_type_named(global.name) : nullptr;
}

void judge_globals(const std::string& path, const std::vector<Global>& globals,
                   const std::vector<std::string>& called, Report& report) {
  std::vector<const Global*> dangerous;
  std::vector<const Global*> calls;
  std::vector<const Global*> unread;
  std::vector<std::string> inert;
  for (const Global& global : globals) {
    const Meaning meaning = meaning_of(global);
    const bool is_told = std::ranges::find(called, global.full_name()) != called.end();
    const bool is_called = global.called || is_told;
    if (meaning == Meaning::attribute) {
      // Named and never called, it waits for somebody to call it.
      if (global.called && !is_told && !global.unread) continue;
    } else if (is_known(global) && !(meaning == Meaning::value && is_called)) {
      continue;
    }
    if (pickle::is_dangerous(global)) {
      dangerous.push_back(&global);
    } else if (is_called) {
      calls.push_back(&global);
    } else if (global.unread) {
      unread.push_back(&global);
    } else if (!is_known(global)) {
      inert.push_back(global.full_name());
    }
  }
  tell(path, dangerous, ", which does harm where a pickle is run", report);
  tell(path, calls, ", and what that does is not known", report);
  tell(path, unread, ", which is not known", report);
  if (inert.empty()) return;
  constexpr std::size_t kMostListed = 8;
  report.warning(Code::classes, {path, {}, {}},
                 "the pickle has objects of classes that are not known, and are left alone: " +
                     listed(inert, kMostListed, Quotes::yes));
}

}  // namespace aerotool::torch
