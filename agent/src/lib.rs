//! epmesh agent.
