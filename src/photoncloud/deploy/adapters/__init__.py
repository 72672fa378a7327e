"""What the supervisor and the commands touch: processes, sockets, files, the kernel, certificates.

launcher and spawn (a child that dies with us) · pidfd · cgroup · notify_listener · health_client · log_files ·
control_socket · state_file · process_table · port_probe · kernel_resources · host_features · certificates ·
secret_files · level_files · yaml_file · server_command
"""
