//! What of the pass is tested from within: what a demand leaves out.

mod on_demand;
