package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// mode is a way in which the service is broken.
type mode string

const (
	off       mode = "off"       // it works
	failing   mode = "errors"    // every request is answered with 500
	leak      mode = "leak"      // goroutines pile up, to leakedGoroutines
	cpu       mode = "cpu"       // every processor is busy
	deadlock  mode = "deadlock"  // no request is answered, /healthz and /readyz neither
	slow      mode = "slow"      // every request takes slowness longer
	notReady  mode = "not-ready" // /readyz is answered with 503
	unhealthy mode = "unhealthy" // /healthz and /readyz are answered with 503
)

const (
	slowness         = 2 * time.Second
	leakedGoroutines = 1500
	leakInterval     = 100 * time.Millisecond
	leakStep         = 100
)

// breakage is the switch. One mode is on at a time; what it started ends with it.
type breakage struct {
	mu    sync.Mutex
	mode  mode
	ended context.Context // done when the mode is left
	end   context.CancelFunc
}

func newBreakage() *breakage {
	b := &breakage{mode: off}
	b.ended, b.end = context.WithCancel(context.Background())
	return b
}

// set leaves the present mode and enters m.
func (b *breakage) set(m mode) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.end()
	b.mode = m
	b.ended, b.end = context.WithCancel(context.Background())
	switch m {
	case leak:
		go leakGoroutines(b.ended)
	case cpu:
		for range runtime.NumCPU() {
			go spin(b.ended)
		}
	}
}

func (b *breakage) current() (mode, context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.mode, b.ended
}

// afflict does to the work for one request what the mode asks for, and reports whether it may go on.
func (b *breakage) afflict(ctx context.Context) error {
	switch m, ended := b.current(); m {
	case failing:
		return fmt.Errorf("broken on purpose: mode %s", m)
	case slow:
		select {
		case <-time.After(slowness):
		case <-ended.Done():
		case <-ctx.Done():
		}
	case deadlock:
		<-ended.Done()
	}
	return nil
}

// stall blocks while the service is deadlocked.
func (b *breakage) stall() {
	if m, ended := b.current(); m == deadlock {
		<-ended.Done()
	}
}

// complaint says what a probe is told, empty when all is well; it blocks while the service is deadlocked.
func (b *breakage) complaint(readiness bool) string {
	b.stall()
	m, _ := b.current()
	if m == unhealthy || (readiness && m == notReady) {
		return fmt.Sprintf("broken on purpose: mode %s", m)
	}
	return ""
}

func leakGoroutines(ended context.Context) {
	tick := time.NewTicker(leakInterval)
	defer tick.Stop()
	for started := 0; started < leakedGoroutines; started += leakStep {
		for range leakStep {
			go func() { <-ended.Done() }()
		}
		select {
		case <-tick.C:
		case <-ended.Done():
			return
		}
	}
}

// spin keeps one processor busy.
func spin(ended context.Context) {
	for ended.Err() == nil {
	}
}

func parseMode(name string) (mode, error) {
	switch m := mode(name); m {
	case off, failing, leak, cpu, deadlock, slow, notReady, unhealthy:
		return m, nil
	}
	return off, fmt.Errorf("unknown mode %q: errors, leak, cpu, deadlock, slow, not-ready, unhealthy or off", name)
}
