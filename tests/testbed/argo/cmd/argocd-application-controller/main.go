// Argo CD's application controller as one program, for tests: beside it run the cache that it asks for and a repository
// server whose repository is a folder. Manifests are made by Argo CD's own code, and kustomize is this program too.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/alicebob/miniredis/v2"
	appcontroller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	"github.com/argoproj/argo-cd/v3/reposerver/apiclient"
	"github.com/argoproj/argo-cd/v3/reposerver/repository"
	"github.com/argoproj/argo-cd/v3/util/git"
	utilio "github.com/argoproj/argo-cd/v3/util/io"
	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Each commit is a folder in `root` with the name of its revision; the file HEAD names the newest.
type repositories struct {
	apiclient.UnimplementedRepoServerServiceServer
	root string
}

func (r *repositories) head() (string, error) {
	text, err := os.ReadFile(filepath.Join(r.root, "HEAD"))
	return strings.TrimSpace(string(text)), err
}

func (r *repositories) GenerateManifest(ctx context.Context, q *apiclient.ManifestRequest) (*apiclient.ManifestResponse, error) {
	revision := q.Revision
	if !git.IsCommitSHA(revision) {
		head, err := r.head()
		if err != nil {
			return nil, err
		}
		revision = head
	}
	root := filepath.Join(r.root, revision)
	path := filepath.Join(root, q.ApplicationSource.Path)
	made, err := repository.GenerateManifests(ctx, path, root, revision, q, false, &git.NoopCredsStore{}, resource.MustParse("0"), utilio.NewRandomizedTempPaths(os.TempDir()))
	if made != nil {
		made.Revision = revision
	}
	return made, err
}

func (r *repositories) ResolveRevision(context.Context, *apiclient.ResolveRevisionRequest) (*apiclient.ResolveRevisionResponse, error) {
	head, err := r.head()
	return &apiclient.ResolveRevisionResponse{Revision: head, AmbiguousRevision: head}, err
}

func build(path string) error {
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), path)
	if err != nil {
		return err
	}
	text, err := made.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}

func run() error {
	if filepath.Base(os.Args[0]) == "kustomize" {
		if len(os.Args) == 3 && os.Args[1] == "build" {
			return build(os.Args[2])
		}
		return fmt.Errorf("not made for %v", os.Args[1:])
	}
	cache, err := miniredis.Run()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	apiclient.RegisterRepoServerServiceServer(server, &repositories{root: os.Getenv("REPOSITORY")})
	go func() { _ = server.Serve(listener) }()
	command := appcontroller.NewCommand()
	command.SetArgs(append(os.Args[1:], "--redis", cache.Addr(), "--repo-server", listener.Addr().String(), "--repo-server-plaintext"))
	return command.Execute()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
