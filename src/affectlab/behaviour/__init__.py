"""What the model does when it is steered: tasks for Inspect AI, their graders, and a sandbox for what models write."""
