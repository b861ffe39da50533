"""When and how the pipeline runs: definitions, jobs, schedule, sensors, the command line, the demo."""
