//! Everything together: the real terraform and the real binaries. Few and slow.
