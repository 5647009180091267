// Links where clang's fuzzer runtime is installed: the build asks.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }
