// What a batch has to judge: submissions into the book, their files to units, and which of these are known.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "grader/batch/batch.hpp"
#include "grader/batch/identity.hpp"
#include "grader/book/digest.hpp"

namespace kiln::grader {

namespace {

/// The digest of an untouched stub; "" where the file in modules/ is somebody's own work.
std::string stub_digest(const Installation& installation, const Module& module, const Exercise& exercise) {
  std::ifstream file(installation.stub(module.id, exercise.file), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return text.find("STUB();") != std::string::npos ? digest_of(text) : "";
}

}  // namespace

Batch::Batch(const Installation& installation, Store& store, std::vector<const Module*> modules, BatchOptions options,
             RowId run, Receipt receipt)
    : installation_(installation),
      store_(store),
      modules_(std::move(modules)),
      options_(std::move(options)),
      run_(run),
      receipt_(std::move(receipt)) {
  for (const Module* module : modules_) {
    judges_.emplace_back(installation_, *module);
    digests_.push_back(Digest().add(course_digest(installation_, *module)).add(machine_kind()).hex());
    for (const Exercise& exercise : module->exercises)
      if (const std::string digest = stub_digest(installation_, *module, exercise); !digest.empty())
        stubs_.insert(module->id + '/' + exercise.id + '/' + digest);
  }
}

std::size_t Batch::module_index(const std::string& id) const {
  const auto same = [&](const Module* module) { return module->id == id; };
  return static_cast<std::size_t>(std::find_if(modules_.begin(), modules_.end(), same) - modules_.begin());
}

std::string Batch::key_of(std::size_t module, const Exercise& exercise, const std::string& file,
                          const std::string& submission) const {
  Digest digest;
  digest.add("kiln judgement 1").add(digests_[module]).add(exercise.id).add(file).add(receipt_.seed);
  digest.add(options_.judge.sandboxed ? "boxed" : "unboxed").add(to_string(options_.judge.sanitize));
  // Without the cache nothing is shared, neither with earlier runs nor with other submissions.
  if (!options_.cache) digest.add(std::to_string(run_)).add(submission);
  return digest.hex();
}

void Batch::take_in(const Submission& submission, UnixSeconds handed_in) {
  if (!submission.problem.empty()) {
    store_.refuse(run_, submission);
    entries_.push_back({.name = submission.name, .problem = submission.problem, .notes = submission.notes});
    return;
  }
  for (const Module* module : modules_) {
    std::map<std::string, std::string> texts;
    for (const Exercise& exercise : module->exercises)
      if (const auto file = submission.files.find(module->id + "/" + exercise.file); file != submission.files.end())
        texts[exercise.id] = file->second;
    // A module of which nothing was handed in is no attempt, unless it is the one that was asked for.
    if (texts.empty() && modules_.size() > 1) {
      by_name(submission.name).notes = submission.notes;
      continue;
    }
    add(store_.hand_in(run_, submission, module->id, texts, handed_in));
  }
}

Batch::Entry& Batch::by_name(const std::string& name) {
  const auto [at, added] = by_name_.try_emplace(name, entries_.size());
  if (added) entries_.push_back({.name = name});
  return entries_[at->second];
}

void Batch::add(const StoredAttempt& attempt) {
  const std::size_t module_at = module_index(attempt.module);
  const auto has_module = [&](const Part& part) { return part.module == module_at; };
  // Several attempts at one module are results of their own.
  const bool again = std::any_of(by_name(attempt.submission).parts.begin(), by_name(attempt.submission).parts.end(),
                                 has_module);
  Entry& entry = by_name(again ? fmt::format("{} (attempt {})", attempt.submission, attempt.number)
                               : attempt.submission);
  entry.notes = attempt.notes;
  const auto index = static_cast<std::size_t>(&entry - entries_.data());
  Part part;
  part.attempt = attempt.id;
  part.module = module_at;
  const Module& module = *modules_[part.module];
  for (const Exercise& exercise : module.exercises) {
    const auto file = attempt.files.find(exercise.id);
    if (file == attempt.files.end() || stubs_.contains(module.id + '/' + exercise.id + '/' + file->second)) continue;
    const std::string key = key_of(part.module, exercise, file->second, attempt.submission);
    part.keys[exercise.id] = key;
    const auto [at, added] = units_.try_emplace(key);
    Unit& unit = at->second;
    if (added) {
      unit.key = key;
      unit.file = file->second;
      unit.module = part.module;
      unit.exercise = &exercise;
      look_up(unit);
      if (!unit.done) order_.push_back(key);
    }
    if (unit.done || !entry.waiting.insert(key).second) continue;
    unit.users.push_back(index);
  }
  entry.parts.push_back(std::move(part));
}

void Batch::look_up(Unit& unit) {
  const auto known = store_.judgement(unit.key);
  unit.done = known && known->done;
  unit.tested = known && !known->done;
}

}  // namespace kiln::grader
