//! epmesh coordinator.
