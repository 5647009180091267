// kiln-peers: Kiln's kernels beside the libraries that this machine has. tools/peers builds and starts it; the method
// and the JSON are described in docs/peers.md.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <regex>

#include "kiln/memory.hpp"
#include "peers/problems.hpp"
#include "peers/session.hpp"

namespace {

using namespace kiln::peers;

volatile sig_atomic_t interrupted = 0;

struct Call {
  std::string json, only = "", threads = "both", spoil;
  double seconds = 2;
  std::uint64_t seed = 1;
  bool missing = false, list = false, must_hold = false, variants = false;
};

std::vector<std::unique_ptr<Peer>> contestants(const Call& call, [[maybe_unused]] std::vector<std::string>& missing) {
  std::vector<std::unique_ptr<Peer>> all = kiln_backends(call.variants);
#ifdef KILN_PEERS_OPENBLAS
  all.push_back(openblas());
#else
  missing.push_back("openblas");
#endif
#ifdef KILN_PEERS_ONEDNN
  all.push_back(onednn());
#else
  missing.push_back("onednn");
#endif
#ifdef KILN_PEERS_EIGEN
  all.push_back(eigen());
#else
  missing.push_back("eigen");
#endif
#ifdef KILN_PEERS_LIBTORCH
  all.push_back(libtorch());
#else
  missing.push_back("libtorch");
#endif
  return all;
}

int run(const Call& call) {
  if (call.missing) {
    std::vector<std::string> missing;
    contestants(call, missing);
    for (const std::string& each : missing) std::printf("%s\n", each.c_str());
    return 0;
  }
  std::vector<Problem> chosen;
  for (Problem& each : problems())
    if (std::regex_search(each.name, std::regex(call.only))) chosen.push_back(std::move(each));
  if (chosen.empty()) {
    std::fprintf(stderr, "peers: no case matches '%s'; --list names them all\n", call.only.c_str());
    return 2;
  }
  if (call.list) {
    for (const Problem& each : chosen) std::printf("%s\n", each.name.c_str());
    return 0;
  }
  Session session({.json = call.json,
                   .threads = call.threads == "both" ? std::vector{1, 2} : std::vector{std::stoi(call.threads)},
                   .seconds = call.seconds,
                   .seed = call.seed,
                   .spoil = call.spoil,
                   .must_hold = call.must_hold,
                   .stopped = [] { return interrupted != 0; }});
  std::vector<std::string> missing;
  const auto peers = contestants(call, missing);
  return session.run(chosen, peers, missing);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli{"Kiln's kernels beside the libraries that this machine has, in turns, on fresh inputs.", "tools/peers"};
  Call call;
  cli.add_option("--json", call.json, "write the results to this file too, case by case");
  cli.add_option("--only", call.only, "cases whose name this regular expression finds: --only 'sgemm|conv2d'");
  cli.add_option("--threads", call.threads)->check(CLI::IsMember({"1", "2", "both"}))->capture_default_str();
  cli.add_option("--seconds", call.seconds, "of rounds for each case")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  cli.add_option("--seed", call.seed, "of the inputs")->capture_default_str();
  cli.add_flag("--list", call.list, "name the cases");
  cli.add_flag("--must-hold", call.must_hold,
               "end with the promises of the optimized kernels; status 1 if one is missed");
  cli.add_flag("--variants", call.variants, "also the optimized kernels of each instruction set");
  cli.add_flag("--missing", call.missing, "name the peers that this program was built without")->group("");
  cli.add_option("--spoil", call.spoil, "falsify this contestant's answers, to see them found")->group("");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? 0 : 2;
  }
  kiln::keep_freed_memory();  // otherwise whoever allocates results is measured by the system's clearing of pages
  // The first Ctrl-C ends the run with what was measured, the second at once.
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  try {
    return run(call);
  } catch (const std::regex_error& error) {
    std::fprintf(stderr, "peers: --only '%s' is no regular expression: %s\n", call.only.c_str(), error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "peers: %s\n", error.what());
    return 3;
  }
}
