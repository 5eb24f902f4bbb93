"""What is compared at the end of a seed. Each check yields one sentence for each thing that is not as it must be."""
