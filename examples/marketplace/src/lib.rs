//! The bottle-shop marketplace: an example project and the generator of its data.
