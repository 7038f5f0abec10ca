package phpfpm

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/tailback/tailback/internal/staging"
)

// startStores starts MariaDB and Redis on free ports, with folders of their own
// in the site's.
func startStores(ctx context.Context, site *staging.Site, bins binaries) (err error) {
	if site.DatabaseAddr, err = startStore(ctx, site, "database", bins.mariadb, mariadbArgs); err != nil {
		return err
	}
	site.CacheAddr, err = startStore(ctx, site, "cache", bins.redis, redisArgs)
	return err
}

// startStore starts one in a folder of that name.
func startStore(ctx context.Context, site *staging.Site, name, bin string, args func(dir, host, port string) []string) (addr string, err error) {
	if addr, err = site.Reserve("127.0.0.1:0"); err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("start %s: %w", bin, err)
	}
	dir := filepath.Join(site.Dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	child, err := staging.StartChild(site, bin, filepath.Join(dir, "log"), args(dir, host, port)...)
	if err != nil {
		return "", err
	}
	site.OnClose(child.Stop)
	return addr, child.Await(ctx, func(ctx context.Context) error { return staging.AwaitSocket(ctx, "tcp", addr) })
}

// mariadbArgs let it start in an empty folder, without the tables that
// mariadb-install-db would take seconds to make: nobody's rights are looked at,
// and Aria stores what InnoDB otherwise would. It resolves no names, and so
// refuses no host after too many connections that broke off, as faults have them.
func mariadbArgs(dir, host, port string) []string {
	args := []string{"--no-defaults", "--datadir=" + dir, "--socket=" + filepath.Join(dir, "sock"), "--pid-file=" + filepath.Join(dir, "pid"),
		"--bind-address=" + host, "--port=" + port, "--skip-networking=0", "--skip-grant-tables", "--skip-name-resolve",
		"--skip-innodb", "--default-storage-engine=Aria", "--default-tmp-storage-engine=Aria"}
	if os.Geteuid() == 0 {
		args = append(args, "--user=root")
	}
	return args
}

func redisArgs(dir, host, port string) []string {
	return []string{"--bind", host, "--port", port, "--dir", dir, "--daemonize", "no", "--save", "", "--appendonly", "no"}
}
