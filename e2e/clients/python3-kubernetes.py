"""What python3-kubernetes does against a cluster: typed clients, patches, watches, dynamic client. Prints one JSON object."""
import json
import sys
from kubernetes import client, config, watch, dynamic

config.load_kube_config(sys.argv[1])
core, apps = client.CoreV1Api(), client.AppsV1Api()
told = {"version": client.VersionApi().get_code().minor}
told["nodes"] = sorted(node.metadata.name for node in core.list_node().items)
core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name="python")))
container = client.V1Container(name="main", image="app:1")
template = client.V1PodTemplateSpec(
    metadata=client.V1ObjectMeta(labels={"app": "web"}), spec=client.V1PodSpec(containers=[container]))
spec = client.V1DeploymentSpec(replicas=1, selector=client.V1LabelSelector(match_labels={"app": "web"}), template=template)
since = apps.list_namespaced_deployment("python").metadata.resource_version
apps.create_namespaced_deployment("python", client.V1Deployment(metadata=client.V1ObjectMeta(name="web"), spec=spec))
for event in watch.Watch().stream(apps.list_namespaced_deployment, "python", resource_version=since, timeout_seconds=60):
    status = event["object"].status
    if status and status.available_replicas == 1:
        told["watched"] = event["type"]
        break
apps.patch_namespaced_deployment("web", "python", {"spec": {"replicas": 2}})
told["scale"] = apps.read_namespaced_deployment_scale("web", "python").spec.replicas
body = {"metadata": {"name": "settings"}, "data": {"key": "value"}}
core.create_namespaced_config_map("python", body)
settings = core.read_namespaced_config_map("settings", "python")
settings.data["other"] = "thing"
told["data"] = core.replace_namespaced_config_map("settings", "python", settings).data
try:
    core.create_namespaced_config_map("python", body)
except client.exceptions.ApiException as error:
    told["again"] = json.loads(error.body)["reason"]
maps = dynamic.DynamicClient(client.ApiClient()).resources.get(api_version="v1", kind="ConfigMap")
maps.create({"metadata": {"name": "made"}, "data": {"a": "b"}}, namespace="python")
told["dynamic"] = maps.get(name="made", namespace="python").data.a
page = core.list_namespaced_config_map("python", limit=1)
told["pages"] = [len(page.items), bool(page.metadata._continue)]
core.delete_namespace("python")
print(json.dumps(told))
