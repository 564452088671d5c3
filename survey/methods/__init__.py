"""Statistical methods of the survey, knowing numbers and nothing else."""
