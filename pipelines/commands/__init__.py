"""The command line. Arguments, exit codes and what is printed; the work is done by the engine and by the jobs."""
