//! Shared helpers of the tests that look at the whole project.
