//! For tests only: temporary projects and lakes, real servers, scenario runner.
