"""Pure parts of photonctl: what is shown and what it means; nothing here touches a network, a file or a clock."""
