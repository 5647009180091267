// One switch that ends every running child: thrown by Ctrl-C, seen by process.cpp wherever it waits.
#pragma once

namespace kiln::grader {

/// Asks every run() in this process, now and later, to kill its child and return `cancelled`. Safe in a signal handler.
void request_stop();

/// Whether request_stop() was called.
bool stop_requested();

/// Takes the request back, so that later runs proceed.
void clear_stop();

/// Makes SIGINT, SIGTERM and SIGHUP call request_stop(). A second SIGINT has its default action again.
void stop_on_signals();

/// Readable from the moment of the request on: for poll(), never to be read.
int stop_descriptor();

}  // namespace kiln::grader
