// trial measures a gateway in the lab where the conformance suite does not: requests while something fails, many routes at once, a
// status after the leader is gone. Run by conformance/faults.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	v1 "sigs.k8s.io/gateway-api/apis/v1"
	gateways "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned"
)

func main() {
	if len(os.Args) < 2 {
		die("usage: trial load|routes|accepted [OPTION...]")
	}
	switch os.Args[1] {
	case "load":
		load(os.Args[2:])
	case "routes":
		routes(os.Args[2:])
	case "accepted":
		accepted(os.Args[2:])
	default:
		die("trial %s: no such trial", os.Args[1])
	}
}

func die(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(1)
}

// load sends requests at a fixed rate over connections that stay open, and counts those that do not get a 200.
func load(args []string) {
	fs := flag.NewFlagSet("load", flag.ExitOnError)
	url := fs.String("url", "", "what to get")
	host := fs.String("host", "", "Host header")
	rate := fs.Int("rate", 200, "requests a second")
	lasts := fs.Duration("for", 10*time.Second, "how long")
	_ = fs.Parse(args)
	client := &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 16,
		},
	}
	var sent, failed atomic.Int64
	var first sync.Once
	var group sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(*rate))
	defer tick.Stop()
	room := make(chan struct{}, 64)
	for end := time.Now().Add(*lasts); time.Now().Before(end); {
		<-tick.C
		room <- struct{}{}
		group.Go(func() {
			defer func() { <-room }()
			sent.Add(1)
			request, _ := http.NewRequest(http.MethodGet, *url, nil)
			request.Host = *host
			answer, err := client.Do(request)
			code := 0
			if err == nil {
				_, err = io.Copy(io.Discard, answer.Body)
				_ = answer.Body.Close()
				code = answer.StatusCode
			}
			if err != nil || code != http.StatusOK {
				failed.Add(1)
				first.Do(func() { fmt.Printf("first failure: %d %v\n", code, err) })
			}
		})
	}
	group.Wait()
	fmt.Printf("requests=%d failed=%d\n", sent.Load(), failed.Load())
	if failed.Load() > 0 {
		os.Exit(1)
	}
}

func connect() gateways.Interface {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		die("%v", err)
	}
	config.QPS, config.Burst = 2000, 2000
	rest.AddUserAgent(config, "trial")
	return gateways.NewForConfigOrDie(config)
}

func route(namespace, name, gateway string) *v1.HTTPRoute {
	port := v1.PortNumber(8080)
	path := "/" + name
	return &v1.HTTPRoute{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1.HTTPRouteSpec{
			CommonRouteSpec: v1.CommonRouteSpec{ParentRefs: []v1.ParentReference{{Name: v1.ObjectName(gateway)}}},
			Rules: []v1.HTTPRouteRule{{
				Matches: []v1.HTTPRouteMatch{{Path: &v1.HTTPPathMatch{Value: &path}}},
				BackendRefs: []v1.HTTPBackendRef{{BackendRef: v1.BackendRef{
					BackendObjectReference: v1.BackendObjectReference{Name: "backend", Port: &port}}}},
			}},
		},
	}
}

// routes creates many routes at once on one Gateway, waits until all are attached and accepted, and deletes them.
func routes(args []string) {
	fs := flag.NewFlagSet("routes", flag.ExitOnError)
	namespace := fs.String("namespace", "trial", "")
	gateway := fs.String("gateway", "trial", "")
	count := fs.Int("count", 1000, "routes")
	_ = fs.Parse(args)
	client := connect()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var attached atomic.Int64
	var gatewayWrites, acceptedRoutes atomic.Int64
	attached.Store(-1)
	go follow(ctx, func() (watch.Interface, error) {
		return client.GatewayV1().Gateways(*namespace).Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + *gateway})
	}, func(event watch.Event) {
		if g, ok := event.Object.(*v1.Gateway); ok && len(g.Status.Listeners) > 0 {
			gatewayWrites.Add(1)
			attached.Store(int64(g.Status.Listeners[0].AttachedRoutes))
		}
	})
	seen := map[string]bool{}
	go follow(ctx, func() (watch.Interface, error) {
		return client.GatewayV1().HTTPRoutes(*namespace).Watch(ctx, metav1.ListOptions{})
	}, func(event watch.Event) {
		if r, ok := event.Object.(*v1.HTTPRoute); ok && event.Type != watch.Deleted && isAccepted(r) && !seen[r.Name] {
			seen[r.Name] = true
			acceptedRoutes.Add(1)
		}
	})
	await(ctx, "the Gateway", func() bool { return attached.Load() == 0 })
	gatewayWrites.Store(0)

	begun := time.Now()
	each(*count, func(name string) error {
		_, err := client.GatewayV1().HTTPRoutes(*namespace).Create(ctx, route(*namespace, name, *gateway), metav1.CreateOptions{})
		return err
	})
	created := time.Since(begun)
	await(ctx, "attached", func() bool { return attached.Load() == int64(*count) })
	counted := time.Since(begun)
	await(ctx, "accepted", func() bool { return acceptedRoutes.Load() == int64(*count) })
	all := time.Since(begun)
	addWrites := gatewayWrites.Swap(0)

	begun = time.Now()
	each(*count, func(name string) error {
		return client.GatewayV1().HTTPRoutes(*namespace).Delete(ctx, name, metav1.DeleteOptions{})
	})
	deleted := time.Since(begun)
	await(ctx, "detached", func() bool { return attached.Load() == 0 })
	fmt.Printf("routes=%d created=%.1fs attached=%.1fs accepted=%.1fs gateway_status_writes=%d\n", *count, created.Seconds(), counted.Seconds(), all.Seconds(), addWrites)
	fmt.Printf("routes=%d deleted=%.1fs detached=%.1fs gateway_status_writes=%d\n", *count, deleted.Seconds(), time.Since(begun).Seconds(), gatewayWrites.Load())
}

func isAccepted(r *v1.HTTPRoute) bool {
	for _, parent := range r.Status.Parents {
		for _, condition := range parent.Conditions {
			if condition.Type == "Accepted" && condition.Status == metav1.ConditionTrue && condition.ObservedGeneration == r.Generation {
				return true
			}
		}
	}
	return false
}

func each(count int, do func(name string) error) {
	names := make(chan string)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for name := range names {
				if err := do(name); err != nil {
					die("%s: %v", name, err)
				}
			}
		})
	}
	for i := range count {
		names <- fmt.Sprintf("route-%04d", i)
	}
	close(names)
	group.Wait()
}

func follow(ctx context.Context, open func() (watch.Interface, error), take func(watch.Event)) {
	for ctx.Err() == nil {
		w, err := open()
		if err != nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		for event := range w.ResultChan() {
			take(event)
		}
	}
}

func await(ctx context.Context, what string, done func() bool) {
	for !done() {
		if ctx.Err() != nil {
			die("%s: not within the time", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// accepted creates a route and prints how long it takes until its status says so.
func accepted(args []string) {
	fs := flag.NewFlagSet("accepted", flag.ExitOnError)
	namespace := fs.String("namespace", "trial", "")
	gateway := fs.String("gateway", "trial", "")
	name := fs.String("name", "one", "")
	_ = fs.Parse(args)
	client := connect()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	begun := time.Now()
	if _, err := client.GatewayV1().HTTPRoutes(*namespace).Create(ctx, route(*namespace, *name, *gateway), metav1.CreateOptions{}); err != nil {
		die("%v", err)
	}
	await(ctx, "accepted", func() bool {
		r, err := client.GatewayV1().HTTPRoutes(*namespace).Get(ctx, *name, metav1.GetOptions{})
		return err == nil && isAccepted(r)
	})
	fmt.Printf("accepted=%.2fs\n", time.Since(begun).Seconds())
	_ = client.GatewayV1().HTTPRoutes(*namespace).Delete(ctx, *name, metav1.DeleteOptions{})
}
