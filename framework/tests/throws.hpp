// EXPECT_ERROR: a statement throws kiln::Error of a kind, and its message contains some words.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "kiln/error.hpp"

#define EXPECT_ERROR(statement, expected_kind, words)                                                     \
  do {                                                                                                    \
    try {                                                                                                 \
      statement;                                                                                          \
      ADD_FAILURE() << #statement " did not throw";                                                       \
    } catch (const kiln::Error& error) {                                                                  \
      EXPECT_EQ(to_string(error.kind()), to_string(kiln::ErrorKind::expected_kind));                      \
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << "message: " << error.what(); \
    }                                                                                                     \
  } while (false)
