// Package etcd names the store that the tests' Kubernetes keeps its objects in, so that the module carries what it needs.
package etcd

import _ "go.etcd.io/etcd/server/v3/etcdmain"
