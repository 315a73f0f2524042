//! The analyzer: captures in, alerts, tables and answers out.
