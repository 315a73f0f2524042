//! Fields of synthesised events, and the whole table of fields against Falco's own lists where those are at hand.

mod arguments;
mod container;
mod elsewhere;
mod extraction;
mod facets;
mod falco;
mod found;
mod manner;
mod outcome;
mod reference;
mod sockets;
mod table;
mod unseen;
