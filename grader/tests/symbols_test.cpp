// The contract of an object file, on listings as nm prints them.
#include "grader/build/symbols.hpp"

#include <gtest/gtest.h>

namespace kiln::grader {
namespace {

const Contract kContract{"matmul.cpp", {"matmul", "batched_matmul"}, {"Shape", "Error", "rank"}};

std::vector<std::string> breaches(const std::string& name, char type) {
  return contract_breaches({{name, type}}, kContract);
}

TEST(Symbols, reads_listings_whatever_the_name_holds) {
  std::vector<Symbol> symbols;
  ASSERT_TRUE(
      parse_symbols("f T 0 1f\n"
                    "_Znwm U         \n"
                    "g U\n"
                    "a b T 10\n"
                    "c B 00000000000000a0 0000000000000004\n",
                    symbols));
  ASSERT_EQ(symbols.size(), 5u);
  EXPECT_EQ(symbols[0].name, "f");
  EXPECT_EQ(symbols[0].type, 'T');
  EXPECT_EQ(symbols[1].name, "_Znwm");
  EXPECT_EQ(symbols[1].type, 'U');
  EXPECT_EQ(symbols[3].name, "a b");
  EXPECT_EQ(symbols[4].name, "c");
  EXPECT_EQ(symbols[4].type, 'B');
  EXPECT_TRUE(parse_symbols("local b a0\nother d a0 4\npick i 0 b\n", symbols));
  ASSERT_EQ(symbols.size(), 8u);
  EXPECT_EQ(symbols[5].name, "local") << "the letter of a local variable looks like a digit";
  EXPECT_EQ(symbols[5].type, 'b');
  EXPECT_EQ(symbols[6].type, 'd');
  EXPECT_EQ(symbols[7].type, 'i');
  EXPECT_TRUE(parse_symbols("nm: fill.o: no symbols\n", symbols));
  EXPECT_FALSE(parse_symbols("words of another program\n", symbols));
  EXPECT_FALSE(parse_symbols("short\n", symbols));
}

TEST(Symbols, its_own_kernels_may_be_defined) {
  EXPECT_TRUE(breaches("_ZN4kiln7student6matmulENS_9BasicViewIKfEES3_NS1_IfEE", 'T').empty());
}

TEST(Symbols, what_is_local_is_the_files_own_business) {
  for (char letter : {'t', 'd', 'b', 'r'}) EXPECT_TRUE(breaches("main", letter).empty()) << letter;
}

TEST(Symbols, indirect_functions_run_too_early) {
  for (const char* name : {"_ZN4kiln7student6matmulENS_9BasicViewIKfEES3_NS1_IfEE", "helper"})
    EXPECT_NE(breaches(name, 'i').at(0).find("indirect function"), std::string::npos) << name;
}

TEST(Symbols, other_kernels_and_helpers_in_the_namespace_may_not) {
  EXPECT_EQ(breaches("_ZN4kiln7student4fillENS_9BasicViewIfEEf", 'T').at(0),
            "matmul.cpp defines `kiln::student::fill(kiln::BasicView<float>, float)`, which is none of its kernels "
            "(matmul, batched_matmul): put helpers into an unnamed namespace");
  EXPECT_FALSE(breaches("_ZN4kiln7student6helperEf", 'W').empty());
  // A name that merely begins like a kernel's is another name.
  EXPECT_FALSE(breaches("_ZN4kiln7student7matmul2Ev", 'T').empty());
}

TEST(Symbols, strong_globals_are_breaches_whoever_they_pretend_to_be) {
  EXPECT_EQ(breaches("_Z6helperf", 'T').at(0),
            "matmul.cpp defines the global function `helper(float)`: put helpers into an unnamed namespace");
  EXPECT_EQ(breaches("cache", 'B').at(0),
            "matmul.cpp defines the global variable `cache`: put helpers into an unnamed namespace");
  for (const char* name : {"main", "malloc", "_Znwm", "_ZdlPv", "clock_gettime", "_ZSt9terminatev",
                           "_ZN4kiln10throw_stubERKNS_10StubRecordE"})
    EXPECT_FALSE(breaches(name, 'T').empty()) << name;
}

TEST(Symbols, weak_ones_belong_to_the_library_or_the_headers) {
  for (const char* name :
       {"_ZNSt6vectorIfSaIfEE9push_backERKf", "_ZNKSt6vectorIfSaIfEE4sizeEv", "_ZSt4sortIPfEvT_S1_",
        "_ZN9__gnu_cxx13new_allocatorIfE8allocateEmPKv", "_ZNK4kiln5Shape4rankEv", "_ZN4kilneqERKNS_5ShapeES2_",
        "_ZTIN4kiln5ErrorE", "_ZTSSt9exception", "_ZZNSt8__detail3fooEvE1x", "_ZGVZNSt3barEvE1y", "_ZNSs6appendEPKc",
        "__clang_call_terminate", "DW.ref.__gxx_personality_v0", "_ZTSPFvvE"})
    EXPECT_TRUE(breaches(name, 'W').empty()) << name << ": " << breaches(name, 'W').at(0);
  for (const char* name : {"malloc", "_Znwm", "_Z6helperf", "_ZN3Foo3barEv", "_ZTV3Foo", "_ZN4kiln9reference4fillEv",
                           "_ZN5kilnx3barEv", "_ZN4kiln6helperEv", "_ZN4kiln5twiceEf", "memcpy", "_ZN7student3barEv"})
    EXPECT_FALSE(breaches(name, 'W').empty()) << name;
}

TEST(Symbols, weak_ones_may_belong_to_a_library_that_is_allowed) {
  Contract allowed = kContract;
  allowed.libraries = {"xsimd"};
  const auto complaints = [&](const std::string& name, char type) {
    return contract_breaches({{name, type}}, allowed).size();
  };
  const char* const inlined[] = {"_ZN5xsimd3expIfNS_4fma3INS_4avx2EEEEENS_5batchIT_T0_EERKS7_",
                                 "_ZN5xsimd5batchIfNS_4fma3INS_4avx2EEEEpLERKS4_",
                                 "_ZNK5xsimd5batchIfNS_4avx2EE3getEm",
                                 "_ZN5xsimdplERKNS_5batchIfNS_4avx2EEES4_",
                                 "_ZZN5xsimd6detail3fooEvE5table",
                                 "_ZGVZN5xsimd6detail3fooEvE5table"};
  for (const char* name : inlined) {
    EXPECT_EQ(complaints(name, 'W'), 0u) << name;
    EXPECT_EQ(complaints(name, 'T'), 1u) << name << ": a strong one is put in the place of others";
    EXPECT_FALSE(breaches(name, 'W').empty()) << name << ": where the library is not allowed";
  }
  for (const char* name : {"xsimd", "_Z5xsimdv", "_ZN6xsimd23barEv", "_ZN4xsim3barEv", "_ZN3Foo5xsimdEv",
                           "_ZN7student5xsimdEv", "_ZN4kiln5xsimd3barEv", "_Z3barN5xsimd5batchIfNS_4avx2EEE"})
    EXPECT_EQ(complaints(name, 'W'), 1u) << name;
  EXPECT_EQ(complaints("_ZN4kiln7student6helperEN5xsimd5batchIfNS1_4avx2EEE", 'W'), 1u);
}

TEST(Symbols, other_exercises_and_implementations_may_not_be_called) {
  EXPECT_EQ(
      breaches("_ZN4kiln7student18contiguous_stridesENS_5ShapeE", 'U').at(0),
      "matmul.cpp calls `contiguous_strides`, which is another exercise: one that stands earlier in the course is "
      "called as kernels<...Slots>().contiguous_strides(...); otherwise write what you need of it in this file, in "
      "an unnamed namespace");
  EXPECT_EQ(breaches("_ZN4kiln7student6matmulENS_9BasicViewIKfEES3_NS1_IfEE", 'U').at(0),
            "matmul.cpp calls `matmul`, which it declares but does not define");
  EXPECT_FALSE(breaches("_ZN4kiln9reference6matmulEv", 'U').empty());
  EXPECT_FALSE(breaches("_ZN4kiln9reference6matmulEv", 'w').empty());
  EXPECT_TRUE(breaches("_ZN4kiln10throw_stubERKNS_10StubRecordE", 'U').empty());
  EXPECT_TRUE(breaches("memcpy", 'U').empty());
}

TEST(Symbols, a_name_that_would_explode_is_not_spelled_out) {
  // pair<int, int>, a pair of that twice, and so on: 29 doublings, which c++filt spells out in gigabytes.
  std::string bomb = "_ZN4kiln7student4bombESt4pairIiiE";
  const std::string digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t i = 2; i < 31; ++i) {
    const std::string back = std::string("S") + digits[i] + '_';
    bomb += "S1_I" + back + back + "E";
  }
  EXPECT_EQ(breaches(bomb, 'T').at(0),
            "matmul.cpp defines `kiln::student::bomb`, which is none of its kernels (matmul, batched_matmul): put "
            "helpers into an unnamed namespace");
  bomb.replace(bomb.find("4bomb"), 5, "6matmul");
  EXPECT_TRUE(breaches(bomb, 'T').empty());
  EXPECT_LT(breaches("_ZN4kiln7student9999" + std::string(9999, 'a') + "Ev", 'U').at(0).size(), 1000u);
  EXPECT_LT(breaches(std::string(9999, 'a'), 'T').at(0).size(), 1000u);
}

TEST(Symbols, names_inside_a_kernel_are_not_the_kernel) {
  EXPECT_TRUE(breaches("_ZZN4kiln7student6matmulEvE5cache", 'u').empty());
  EXPECT_FALSE(breaches("_ZZN4kiln7student6matmulEvE5cache", 'T').empty());
  EXPECT_FALSE(breaches("_ZTIN4kiln7student6matmulE", 'V').empty());
  EXPECT_FALSE(breaches("_ZN4kiln7student6matmul5innerEv", 'T').empty());
  EXPECT_FALSE(breaches("_ZN4kiln7student6matmulIfEEvT_", 'W').empty());
  EXPECT_FALSE(breaches("_ZN4kiln7studentplERKNS_5ShapeES3_", 'T').empty());
  EXPECT_FALSE(breaches("_ZN4kiln9reference4fillIfEEvT_", 'U').empty());
}

TEST(Symbols, a_const_member_function_is_no_kernel) {
  EXPECT_NE(breaches("_ZNK4kiln7student6matmulENS_9BasicViewIKfEES3_NS1_IfEE", 'T').at(0).find("none of its kernels"),
            std::string::npos);
}

TEST(Symbols, the_sanitizers_are_left_alone) {
  Contract sanitized = kContract;
  sanitized.sanitized = true;
  for (const char* name : {"__asan_report_load4", "__ubsan_handle_add_overflow_abort", "__tsan_func_entry"}) {
    EXPECT_FALSE(breaches(name, 'U').empty()) << name;
    EXPECT_FALSE(breaches(name, 'w').empty()) << name << ": a weak reference is null here, and not with sanitizers";
    EXPECT_TRUE(contract_breaches({{name, 'U'}}, sanitized).empty()) << name;
  }
  for (const char* name : {"__asan_unpoison_memory_region", "__sanitizer_set_report_fd", "__lsan_disable"})
    EXPECT_FALSE(contract_breaches({{name, 'w'}}, sanitized).empty()) << name;
  for (const char* name : {"__asan_default_options", "__ubsan_default_options", "__asan_on_error"})
    EXPECT_FALSE(contract_breaches({{name, 'T'}}, sanitized).empty()) << name;
}

}  // namespace
}  // namespace kiln::grader
