#!/bin/bash
# shellcheck disable=SC2034 # sourced: the variables are for the scripts that source this file
# The SSH side of pgBackRest: client settings and key in place, and the server's command line.

# setup_ssh_client: pgBackRest reaches the other side with the key and settings in /sshd.
setup_ssh_client() {
  local file
  for file in ssh_host_rsa_key authorized_keys sshd_config id_rsa config; do
    [[ -r "/sshd/${file}" ]] || die "/sshd/${file} is missing: the repository secret is incomplete"
  done
  install -d -m 0700 "${HOME:?}/.ssh"
  # A pod address may come back with another host key, and a warning about it would end up in
  # pgBackRest's protocol stream. AES has instructions in the processor: whole repositories pass
  # through here, and ssh's own first choice costs more than twice the time.
  {
    cat /sshd/config
    printf 'Host *\n\tUserKnownHostsFile /dev/null\n\tLogLevel ERROR\n'
    printf '\tCiphers ^aes128-gcm@openssh.com\n\tControlPath /tmp/ssh-%%C\n'
  } | install -m 0400 /dev/stdin "${HOME}/.ssh/config"
  install -m 0400 /sshd/id_rsa /tmp/id_rsa
}

# share_connection HOST: what follows goes through one connection instead of greeting the host anew
# for each segment of the log. It ends when it was idle for half a minute, or when the host stops
# answering; without it every command connects for itself.
share_connection() {
  ssh -M -N -f -o ControlPersist=30 -o ConnectTimeout=10 -o ServerAliveInterval=5 \
    -o ServerAliveCountMax=3 "$1" </dev/null || log WARN "no shared connection to $1; each command makes its own"
}

# sshd_command: sets the array `sshd`. Options on the command line win over the file, whose author
# cannot know that this server runs without root and, on the local node, on one address only.
sshd_command() {
  sshd=(/usr/sbin/sshd -D -e -f /sshd/sshd_config -o UsePAM=no -o StrictModes=no
    -o PidFile=/tmp/sshd.pid -o "ListenAddress=${listen_address}")
}
