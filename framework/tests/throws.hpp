// EXPECT_ERROR: a statement throws kiln::Error of a kind, and its message contains each of the words given.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

#include "kiln/error.hpp"

#define EXPECT_ERROR(statement, expected_kind, ...)                                    \
  do {                                                                                 \
    try {                                                                              \
      statement;                                                                       \
      ADD_FAILURE() << #statement " did not throw";                                    \
    } catch (const kiln::Error& error) {                                               \
      EXPECT_EQ(to_string(error.kind()), to_string(kiln::ErrorKind::expected_kind));   \
      for (const std::string& words : std::initializer_list<std::string>{__VA_ARGS__}) \
        EXPECT_NE(std::string(error.what()).find(words), std::string::npos)            \
            << "message: " << error.what() << "\nwithout: " << words;                  \
    }                                                                                  \
  } while (false)
