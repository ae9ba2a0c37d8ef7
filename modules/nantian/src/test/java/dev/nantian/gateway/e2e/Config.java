package dev.nantian.gateway.e2e;

/** Gateway API YAML for these tests. */
final class Config {
  private Config() {}

  static String gateway(int port) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata:
          name: web
          namespace: shop
        spec:
          gatewayClassName: nantian
          listeners:
            - name: http
              port: %d
              protocol: HTTP
        """
        .formatted(port);
  }

  static String service(String name, int backendPort) {
    return """
        apiVersion: v1
        kind: Service
        metadata:
          name: %1$s
          namespace: shop
        spec:
          ports:
            - port: 80
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata:
          name: %1$s-1
          namespace: shop
          labels:
            kubernetes.io/service-name: %1$s
        addressType: IPv4
        endpoints:
          - addresses: ["127.0.0.1"]
        ports:
          - port: %2$d
        """
        .formatted(name, backendPort);
  }

  static String route(String name, String path, String service) {
    return """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata:
          name: %s
          namespace: shop
        spec:
          parentRefs:
            - name: web
          rules:
            - matches:
                - path:
                    type: PathPrefix
                    value: %s
              backendRefs:
                - name: %s
                  port: 80
        """
        .formatted(name, path, service);
  }
}
