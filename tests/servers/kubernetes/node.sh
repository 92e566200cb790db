# First process of a node: private /run, /var/log and /var/lib folders, then containerd, the images, and the kubelet.
# It has a process and a mount namespace of its own, so that nothing of the node outlives it.
# Arguments: the node's folder, the tar of images, containerd, ctr, the kubelet, and the kubelet's flags.
set -eu
folder=$1 images=$2 containerd=$3 ctr=$4 kubelet=$5
shift 5

mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$folder/log" "$folder/kubelet" /run/kubelet
mount --bind "$folder/log" /var/log
# A short name: the paths of the kubelet's sockets are limited to 107 bytes.
mount --bind "$folder/kubelet" /run/kubelet
# Whatever their flags say, the kubelet registers device plugins in the one and CNI keeps results in the other. Of two
# kubelets that start together, one could find the other's socket where it makes its own, and end.
for name in kubelet cni; do
    mkdir -p "$folder/lib/$name" "/var/lib/$name"
    mount --bind "$folder/lib/$name" "/var/lib/$name"
done

"$containerd" --config "$folder/containerd.toml" >"$folder/containerd.log" 2>&1 &
tries=0
until "$ctr" --namespace k8s.io version >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ]; then
        echo "containerd does not answer:"
        tail -n 20 "$folder/containerd.log"
        exit 1
    fi
    sleep 0.1
done
if [ ! -e "$folder/imported" ]; then
    "$ctr" --namespace k8s.io images import --snapshotter "$SNAPSHOTTER" "$images" >/dev/null
    touch "$folder/imported"
fi

"$kubelet" "$@" &
kubelet_pid=$!
trap 'kill -TERM "$kubelet_pid"' TERM
# A shell that waits also reaps what the containers leave to it.
wait "$kubelet_pid"
