package dev.nantian.gateway.proxy;

import dev.nantian.gateway.proxy.config.Cluster;

/** gRPC through filters that have the bodies of both ways in parts. */
class GrpcBodyFilterIT extends GrpcIT {
  @Override
  TestTable route(Cluster cluster) {
    return new TestTable()
        .filtered("/", cluster, PassingFilters.STREAMED.filter(), PassingFilters.STREAMED.filter());
  }
}
