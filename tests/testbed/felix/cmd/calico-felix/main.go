// Calico's per-host agent, as its own main starts it, without a command line: the environment says everything.
package main

import "github.com/projectcalico/calico/felix/daemon"

func main() {
	daemon.Run("/etc/calico/felix.cfg", "v3.31.0", "b1f3c43f8437", "")
}
