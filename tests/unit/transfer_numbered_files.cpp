// How files of a set are called.
#include <doctest/doctest.h>

#include "transfer/numbered_files.hpp"

using namespace aerotool;

TEST_CASE("parts of one set have a row in common") {
  CHECK(row_of_parts("m-00001-of-00003.gguf") == "m-*-of-00003.gguf");
  CHECK(row_of_parts("m-00002-of-00003.gguf") == row_of_parts("m-00001-of-00003.gguf"));
  CHECK(row_of_parts("m-00001-of-00004.gguf") != row_of_parts("m-00001-of-00003.gguf"));
  CHECK(row_of_parts("model-00001-of-00002.fp16.safetensors") == "model-*-of-00002.fp16.safetensors");
  CHECK(row_of_parts("a-1-of-2-00001-of-00003.gguf") == "a-1-of-2-*-of-00003.gguf");
  for (const char* name :
       {"", "-of-", "m-of-3", "m-x-of-3", "m1-of-3", "1-of-3", "m-1-of-", "m-1-of-x", "m.gguf"})
    CHECK(row_of_parts(name) == name);
  CHECK(name_of_set("m-00001-of-00003") == "m");
  CHECK(name_of_set("m-00001-of-00003.fp16") == "m-00001-of-00003.fp16");
  CHECK(name_of_set("-00001-of-00003") == "-00001-of-00003");
  CHECK(name_of_set("m") == "m");
}
