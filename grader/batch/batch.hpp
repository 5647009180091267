// The batch: many submissions through the judge, without losing work.
// Theory: what is judged is one exercise's file, named by a digest of all that its verdict depends on. Files go through
// in waves: a wave is tested side by side, then measured one at a time with the machine to itself. Each file's outcome
// is in the book before the next step, so that a crash loses only what is in flight; a submission's result is entered
// as soon as its last file is judged. The order changes no verdict, because no file's judgement sees another's.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "grader/book/store.hpp"
#include "grader/intake/intake.hpp"
#include "grader/judge/judge.hpp"
#include "grader/report/progress.hpp"

namespace kiln::grader {

struct BatchOptions {
  unsigned jobs = 1;    ///< files tested at a time
  bool cache = true;    ///< false: what earlier runs judged is judged again
  JudgeOptions judge;   ///< hidden tests, seed, sandbox, sanitizers
  Standing standing = Standing::current;  ///< as what results are entered
};

struct BatchCounts {
  int files = 0;     ///< different files to judge
  int judged = 0;    ///< by this batch
  int known = 0;     ///< that had been judged before
  int repeated = 0;  ///< that met a fault of the machine's or the judge's and were judged again
  int faults = 0;    ///< that could not be judged in the end
  double seconds = 0;
};

class Batch {
 public:
  Batch(const Installation& installation, Store& store, std::vector<const Module*> modules, BatchOptions options,
        RowId run, Receipt receipt);

  /// A submission into the book: an attempt at each module. `handed_in` where it is not known from elsewhere.
  void take_in(const Submission& submission, UnixSeconds handed_in);
  /// An attempt that the book has already.
  void add(const StoredAttempt& attempt);

  /// Judges all of it, until the end or a stop. `finished` gets each whole result, once, in the order in which they
  /// come about; it is called by one thread at a time. Throws what the store throws.
  using Finished = std::function<void(const SubmissionResult&)>;
  BatchCounts judge(Progress& progress, const Finished& finished);

  /// The whole results once more, of what was finished, in the order in which it was taken in: for what is written at
  /// the end, without keeping all of it in memory.
  void each_result(const Finished& visit) const;

  std::size_t size() const { return entries_.size(); }

 private:
  /// One exercise's file, whoever handed it in.
  struct Unit {
    std::string key, file;
    std::size_t module = 0;
    const Exercise* exercise = nullptr;
    std::vector<std::size_t> users;  ///< entries that wait for it
    bool done = false;               ///< the book has its judgement
    bool tested = false;             ///< the book has its tests; its speed is open
    int faults = 0;
    ExerciseResult fault;  ///< the last
  };
  /// An attempt at one module.
  struct Part {
    RowId attempt = 0;
    std::size_t module = 0;
    std::map<std::string, std::string> keys;  ///< exercise -> its unit's key; untouched ones have none
  };
  /// A submission on its way.
  struct Entry {
    std::string name, problem = {};
    std::vector<std::string> notes = {};
    std::vector<Part> parts = {};
    std::set<std::string> waiting = {};  ///< keys
    bool started = false, finished = false;
  };
  struct Work;

  std::size_t module_index(const std::string& id) const;
  std::string key_of(std::size_t module, const Exercise& exercise, const std::string& file,
                     const std::string& submission) const;
  Entry& by_name(const std::string& name);
  void look_up(Unit& unit);

  std::vector<Unit*> next_wave(bool& others, Progress& progress);
  void run_wave(const std::vector<Unit*>& wave, Progress& progress);
  void test_all(std::vector<Work>& works, const std::string& problem, Progress& progress);
  void test(Work& work, const std::string& problem, const JudgeOptions& how);
  void measure(Work& work);
  void keep(Work& work, bool done);
  void settle(Work& work, Progress& progress);
  void settle(Unit& unit, Progress& progress);
  void finish(Entry& entry, Progress& progress);
  SubmissionResult assemble(const Entry& entry) const;

  const Installation& installation_;
  Store& store_;
  std::vector<const Module*> modules_;
  std::vector<Judge> judges_;
  std::vector<std::string> digests_;  ///< of the course, by module
  BatchOptions options_;
  RowId run_;
  Receipt receipt_;
  std::vector<Entry> entries_;
  std::map<std::string, std::size_t> by_name_;
  std::map<std::string, Unit> units_;
  std::set<std::string> stubs_;  ///< "module/exercise/digest" of untouched files
  std::vector<std::string> order_;  ///< keys in the order of the submissions
  BatchCounts counts_;
  Finished finished_;
};

}  // namespace kiln::grader
