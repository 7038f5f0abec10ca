package workers

import (
	"path"
	"strings"
)

// ports are the services that a page calls, by their usual ports.
var ports = map[uint16]string{
	25: "SMTP", 53: "DNS", 80: "HTTP", 389: "LDAP", 443: "HTTPS", 465: "SMTP", 587: "SMTP", 636: "LDAP", 1433: "SQL Server",
	1521: "Oracle", 2049: "NFS", 3306: "MySQL", 4222: "NATS", 5432: "PostgreSQL", 5672: "RabbitMQ", 6379: "Redis",
	6432: "PgBouncer", 8123: "ClickHouse", 8983: "Solr", 9042: "Cassandra", 9092: "Kafka", 9200: "Elasticsearch",
	11211: "memcached", 26379: "Redis Sentinel", 27017: "MongoDB",
}

// sockets are parts of the names of unix sockets, and whose they are.
var sockets = []struct{ part, service string }{
	{"mysql", "MySQL"}, {"mariadb", "MySQL"}, {".s.pgsql", "PostgreSQL"}, {"redis", "Redis"}, {"memcache", "memcached"}, {"php", "php-fpm"},
}

func socketService(file string) string {
	name := strings.ToLower(path.Base(file))
	for _, s := range sockets {
		if strings.Contains(name, s.part) {
			return s.service
		}
	}
	return ""
}

// states are the names of TCP's states, by the kernel's numbers.
var states = [...]string{1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT", 7: "CLOSE",
	8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING", 12: "NEW_SYN_RECV"}

const (
	established = "ESTABLISHED"
	synSent     = "SYN_SENT"
	closeWait   = "CLOSE_WAIT"
)

// meanings explain the states that people ask about.
var meanings = map[string]string{
	synSent:   "SYN_SENT: nothing answers the connect: the host is down, a firewall drops it, or its accept queue is full",
	closeWait: "CLOSE_WAIT: the other side has closed, and the worker has not noticed: it does not read there",
}
