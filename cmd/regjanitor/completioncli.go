package main

type completionCmd struct {
	Shell string `arg:"" enum:"bash, zsh, fish" help:"The shell: ${enum}."`
}

// Help is what the command's help ends with.
func (completionCmd) Help() string {
	return `It completes commands, flags, and the names of repositories, tags and manifests.
These it reads from the tree that --root or --registry-config before them name, else
from where all commands look. The script need not be made anew for a new version.

Examples:
  # bash, with the package bash-completion
  regjanitor completion bash > /etc/bash_completion.d/regjanitor

  # bash without it, in ~/.bashrc
  source <(regjanitor completion bash)

  # zsh: into a directory of fpath, before compinit
  regjanitor completion zsh > "${fpath[1]}/_regjanitor"

  # fish
  regjanitor completion fish > ~/.config/fish/completions/regjanitor.fish`
}
