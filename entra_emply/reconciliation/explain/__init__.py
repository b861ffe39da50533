"""One person explained: what is known, what the rules decide and why, in sentences a help desk can read out.

`neighbourhood` takes the rows that matter to one person out of everybody's frames, `gathering` turns them into `Facts`,
one module a letter of the rules makes `Statement`s of them, `questions` answers what people ask. Nothing here decides
anything: what is planned comes from the plan. Few rows are handled at a time, so plain Python objects do.
"""
