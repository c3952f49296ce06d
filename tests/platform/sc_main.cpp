// GoogleTest inside SystemC's kernel.
#include <gtest/gtest.h>

#include <systemc>

int sc_main(int argc, char* argv[]) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

// Here, and not in a library, so that neither GoogleTest's nor SystemC's is taken.
int main(int argc, char* argv[]) { return sc_core::sc_elab_and_sim(argc, argv); }
