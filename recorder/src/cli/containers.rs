//! The options that say which container runtimes are asked.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::containers::{Interface, Settings};

/// Whether something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// They are asked, and what they leave on disk is read
    #[default]
    On,
    /// Nobody is asked and nothing is read
    Off,
}

/// Which runtimes are asked.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ContainerArguments {
    /// Whether runtimes are asked about containers
    #[arg(long, value_enum, default_value_t)]
    containers: Switch,
    /// Ask by Kubernetes' runtime interface here, instead of at the usual places; may be repeated
    #[arg(long, value_name = "SOCKET")]
    cri: Vec<PathBuf>,
    /// Ask containerd here
    #[arg(long, value_name = "SOCKET")]
    containerd: Vec<PathBuf>,
    /// Ask docker here
    #[arg(long, value_name = "SOCKET")]
    docker: Vec<PathBuf>,
    /// Ask podman here
    #[arg(long, value_name = "SOCKET")]
    podman: Vec<PathBuf>,
    /// Where containerd keeps its state, read where it does not answer
    #[arg(long, value_name = "DIR")]
    containerd_state: Vec<PathBuf>,
}

impl ContainerArguments {
    /// What is asked; nobody where that was switched off.
    pub(super) fn settings(&self) -> Option<Settings> {
        if self.containers == Switch::Off {
            return None;
        }
        let mut settings = Settings::default();
        let named = [
            (Interface::Cri, &self.cri),
            (Interface::Containerd, &self.containerd),
            (Interface::Docker, &self.docker),
            (Interface::Podman, &self.podman),
        ];
        for (interface, sockets) in named {
            if sockets.is_empty() {
                continue;
            }
            settings.sockets.retain(|(other, _)| *other != interface);
            let sockets = sockets.iter().map(|socket| (interface, socket.clone()));
            settings.sockets.extend(sockets);
        }
        if !self.containerd_state.is_empty() {
            settings
                .directories
                .containerd
                .clone_from(&self.containerd_state);
        }
        Some(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_a_socket_replaces_those_of_its_interface_alone() {
        let arguments = ContainerArguments {
            cri: vec!["/x".into()],
            ..ContainerArguments::default()
        };
        let settings = arguments.settings().expect("it is on");
        let of = |wanted| {
            let sockets = settings.sockets.iter();
            sockets
                .filter(|(interface, _)| *interface == wanted)
                .count()
        };
        assert_eq!((of(Interface::Cri), of(Interface::Docker)), (1, 1));
        let off = ContainerArguments {
            containers: Switch::Off,
            ..ContainerArguments::default()
        };
        assert_eq!(off.settings(), None);
    }
}
