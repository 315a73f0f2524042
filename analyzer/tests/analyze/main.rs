//! The analyzer from outside: captures are synthesised, the library and the program read them.

mod bad_input;
mod borders;
mod determinism;
mod events;
mod exits;
mod expectations;
mod fate;
mod healing;
mod inputs;
mod interrupted;
mod inventory;
mod many;
mod outputs;
mod profile;
mod proposals;
mod readers;
mod replay;
mod rules;
mod scenarios;
mod span;
mod support;
mod terminal;
mod threads;
mod together;
mod whole;
