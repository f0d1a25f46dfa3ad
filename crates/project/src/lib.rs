//! Files into typed resources: templates, refs, graph, selectors, fingerprints, plan diff.
