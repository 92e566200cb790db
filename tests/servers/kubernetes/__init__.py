"""A real Kubernetes on this machine: own builds, real containers, no cluster and no image registry needed."""
