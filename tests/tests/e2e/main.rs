//! End-to-end tests of the programs as users run them.
//!
//! One binary, so that they link once: command lines and bad input (`cli`), recording the live kernel (`live`), being killed while at it (`killed`), calls of several messages (`messages`), repositories of rules in CI (`ci`), the corpus (`corpus`), what is learned of its containers (`containers`) and of their users (`accounts`), its state against /proc (`agreement`) and against `ps` at a moment (`moment`), recordings against their exports (`alike`), replay of kept captures (`replay`), signatures and digests (`vouched`), and the house rules that a program can check (`tidy`).
//! A test that cannot run here says why on standard error and passes.

mod accounts;
mod agreement;
mod alike;
mod beginnings;
mod capture;
mod ci;
mod cli;
mod containers;
mod corpus;
mod killed;
mod ledger;
mod live;
mod messages;
mod moment;
mod programs;
mod replay;
mod scenarios;
mod skip;
mod tidy;
mod told;
mod vouched;
