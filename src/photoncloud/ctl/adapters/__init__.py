"""What photonctl touches: names, sockets, certificates, health answers, and the hello of each protocol."""
