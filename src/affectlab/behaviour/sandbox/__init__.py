"""A sandbox for programs that models write: bubblewrap where its guards are proved, else docker, else a refusal."""
