//! The reader of `.scap` files and their import, from outside: files of the reference data, and files made by hand.

mod bytes;
mod command;
mod damage;
mod events;
mod import;
mod lists;
mod reference;
mod rows;
mod traps;
mod truth;
