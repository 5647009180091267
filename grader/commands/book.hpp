// The sub-commands of `kiln book`, and what they share.
#pragma once

#include <optional>
#include <string>

#include "grader/book/store.hpp"
#include "grader/commands/commands.hpp"

namespace kiln::grader {

/// Tells on stderr what is wrong, made safe for the terminal.
void complain(const App& app, const std::string& text);

/// The book that --book names; nothing, told, where there is none and `make` does not say to make it.
std::optional<Store> open_book(const App& app, const BookOptions& options, bool make);

int show_book(const App& app, const BookOptions& options);
int override_points(const App& app, const BookOptions& options);
int withdraw_override(const App& app, const BookOptions& options);

}  // namespace kiln::grader
