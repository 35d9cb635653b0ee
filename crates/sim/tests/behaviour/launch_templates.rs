use peerway_sim::ec2::TagSpecification;
use peerway_sim::ec2::images::DescribeImages;
use peerway_sim::ec2::instances::{NetworkInterfaceSpecification, RunInstances, TemplateReference};
use peerway_sim::ec2::launch_templates::*;
use peerway_sim::{Settings, World};

use super::support::*;

const SUBNET: &str = "subnet-0000000a";

fn image(world: &World) -> String {
    let request =
        DescribeImages { filters: filter("architecture", &["x86_64"]), ..Default::default() };
    done(world, &ours(), request).images_set[0].image_id.to_string()
}

fn create(world: &World, name: &str) -> CreateLaunchTemplate {
    CreateLaunchTemplate {
        launch_template_name: name.to_owned(),
        launch_template_data: LaunchTemplateData {
            image_id: Some(image(world)),
            instance_type: Some("m5.large".to_owned()),
            security_group_ids: vec!["sg-0000000a".to_owned()],
            tag_specifications: vec![TagSpecification {
                resource_type: "instance".to_owned(),
                tags: vec![tag("Name", "query")],
            }],
            ..LaunchTemplateData::default()
        },
        ..CreateLaunchTemplate::default()
    }
}

fn made(world: &World, name: &str) -> String {
    let item = done(world, &ours(), create(world, name)).launch_template;
    item.launch_template_id.to_string()
}

fn version(id: &str, source: Option<&str>, kind: &str) -> CreateLaunchTemplateVersion {
    CreateLaunchTemplateVersion {
        launch_template_id: Some(id.to_owned()),
        source_version: source.map(str::to_owned),
        launch_template_data: LaunchTemplateData {
            instance_type: Some(kind.to_owned()),
            ..LaunchTemplateData::default()
        },
        ..CreateLaunchTemplateVersion::default()
    }
}

fn run(id: &str, version: Option<&str>) -> RunInstances {
    RunInstances {
        min_count: 1,
        max_count: 1,
        subnet_id: Some(SUBNET.to_owned()),
        launch_template: Some(TemplateReference {
            launch_template_id: Some(id.to_owned()),
            version: version.map(str::to_owned),
            ..TemplateReference::default()
        }),
        ..RunInstances::default()
    }
}

#[test]
fn a_launch_takes_what_it_does_not_say_from_its_template() {
    let world = world();
    let id = made(&world, "query");
    done(&world, &ours(), version(&id, Some("1"), "m5.xlarge"));
    let item = |version| done(&world, &ours(), run(&id, version)).instances_set.remove(0);
    let first = item(None);
    assert_eq!(&*first.instance_type, "m5.large", "the default version");
    assert_eq!(first.group_set[0].group_id.as_str(), "sg-0000000a");
    assert_eq!(first.tag_set.0["Name"], "query");
    assert_eq!(first.tag_set.0["aws:ec2launchtemplate:id"], id);
    assert_eq!(first.tag_set.0["aws:ec2launchtemplate:version"], "1");
    assert_eq!(&*item(Some("$Latest")).instance_type, "m5.xlarge");
    let own = RunInstances { instance_type: Some("t3.micro".to_owned()), ..run(&id, None) };
    assert_eq!(&*done(&world, &ours(), own).instances_set[0].instance_type, "t3.micro");
    assert_eq!(
        code(&world, &ours(), run(&id, Some("7"))),
        "InvalidLaunchTemplateId.VersionNotFound"
    );
    assert_eq!(code(&world, &ours(), run("lt-00000bad", None)), "InvalidLaunchTemplateId.NotFound");
    assert_eq!(world.estate().canonical().unwrap(), {
        world.advance(seconds(20));
        world.estate()
    });
}

#[test]
fn the_interface_of_a_template_stands_where_the_launch_says() {
    let world = world();
    let mut request = create(&world, "with-interface");
    request.launch_template_data.security_group_ids.clear();
    request.launch_template_data.network_interfaces = vec![NetworkInterfaceSpecification {
        device_index: Some(0),
        groups: vec!["sg-0000000a".to_owned()],
        associate_public_ip_address: Some(true),
        ..Default::default()
    }];
    let id = done(&world, &ours(), request).launch_template.launch_template_id.to_string();
    let item = done(&world, &ours(), run(&id, None)).instances_set.remove(0);
    assert_eq!(item.subnet_id.unwrap().as_str(), SUBNET);
    assert_eq!(item.group_set[0].group_id.as_str(), "sg-0000000a");
    assert!(item.ip_address.is_some());
}

#[test]
fn versions_are_numbered_never_reused_and_the_default_one_stays() {
    let world = world();
    let id = made(&world, "query");
    for kind in ["m5.xlarge", "m5.2xlarge"] {
        done(&world, &ours(), version(&id, Some("$Latest"), kind));
    }
    let delete = |versions: &[&str]| DeleteLaunchTemplateVersions {
        launch_template_id: Some(id.clone()),
        versions: versions.iter().map(|it| (*it).to_owned()).collect(),
        ..Default::default()
    };
    let reply = done(&world, &ours(), delete(&["1", "3", "9"]));
    let numbers: Vec<u64> = reply
        .successfully_deleted_launch_template_version_set
        .iter()
        .map(|it| it.version_number)
        .collect();
    assert_eq!(numbers, [3]);
    let codes: Vec<&str> = reply
        .unsuccessfully_deleted_launch_template_version_set
        .iter()
        .map(|it| it.response_error.code)
        .collect();
    assert_eq!(codes, ["unexpectedError", "launchTemplateVersionDoesNotExist"]);
    let next = done(&world, &ours(), version(&id, None, "m5.4xlarge")).launch_template_version;
    assert_eq!((next.version_number, next.launch_template_data.image_id), (4, None));

    let modify = |to: &str| ModifyLaunchTemplate {
        launch_template_name: Some("query".to_owned()),
        default_version: Some(to.to_owned()),
        ..Default::default()
    };
    assert_eq!(code(&world, &ours(), modify("3")), "InvalidLaunchTemplateId.VersionNotFound");
    let item = done(&world, &ours(), modify("2")).launch_template;
    assert_eq!((item.default_version_number, item.latest_version_number), (2, 4));
    let shown = |versions: &[&str], low: Option<&str>| -> Vec<u64> {
        let request = DescribeLaunchTemplateVersions {
            launch_template_id: Some(id.clone()),
            versions: versions.iter().map(|it| (*it).to_owned()).collect(),
            min_version: low.map(str::to_owned),
            ..Default::default()
        };
        let all = done(&world, &ours(), request).launch_template_version_set;
        all.iter().map(|it| it.version_number).collect()
    };
    assert_eq!(shown(&[], None), [1, 2, 4]);
    assert_eq!(shown(&[], Some("2")), [2, 4]);
    assert_eq!(shown(&["$Default", "$Latest"], None), [2, 4]);
    assert_eq!(world.estate().canonical().unwrap(), world.estate());
}

#[test]
fn names_are_unique_and_well_formed() {
    let mut settings = Settings::default();
    settings.quotas.launch_templates = 1;
    let world = world_with(settings);
    for bad in ["ab", "with space", &"x".repeat(129)] {
        assert_eq!(
            code(&world, &ours(), create(&world, bad)),
            "InvalidLaunchTemplateName.MalformedException"
        );
    }
    made(&world, "query");
    assert_eq!(
        code(&world, &ours(), create(&world, "query")),
        "InvalidLaunchTemplateName.AlreadyExistsException"
    );
    assert_eq!(code(&world, &ours(), create(&world, "other")), "LaunchTemplateLimitExceeded");
    let delete = || DeleteLaunchTemplate {
        launch_template_name: Some("query".to_owned()),
        ..Default::default()
    };
    done(&world, &ours(), delete());
    assert_eq!(code(&world, &ours(), delete()), "InvalidLaunchTemplateName.NotFoundException");
    let empty = CreateLaunchTemplate {
        launch_template_data: LaunchTemplateData::default(),
        ..create(&world, "empty")
    };
    assert_eq!(code(&world, &ours(), empty), "MissingParameter");
}
