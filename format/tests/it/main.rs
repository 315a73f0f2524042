//! Tests of the format as its users see it: through the crate's public API and the bytes of files.

mod blocks;
mod captures;
mod cold;
mod damage;
mod faults;
mod golden;
mod live;
mod recordings;
mod retention;
mod roots;
mod rows;
mod sizes;
mod stranger;
mod whole;
