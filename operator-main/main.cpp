#include "app.h"

int main(int argc, char** argv) { return pgo::daemon::run(argc, argv); }
